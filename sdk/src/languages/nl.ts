import type { Translation } from './messages.js';

export default {
  language: 'nl',
  idle: ['Bent u er nog?', 'U bent een tijdje niet actief geweest. Om uw gegevens te beschermen wordt u zo afgemeld.'],
  locking: [
    'Bent u er nog?',
    'U bent een tijdje niet actief geweest. Om uw gegevens te beschermen wordt uw sessie zo vergrendeld.',
    'Uw sessie wordt over {time} vergrendeld.',
  ],
  absolute: [
    'Uw sessie loopt bijna af',
    'De maximale duur van de sessie is bijna bereikt. Sla uw werk nu op; u kunt zich daarna meteen weer aanmelden.',
  ],
  disconnected: [
    'Uw sessie loopt bijna af',
    'Uw pagina’s zijn een tijdje gesloten geweest. Om uw gegevens te beschermen wordt u zo afgemeld.',
  ],
  checking: ['Uw sessie wordt gecontroleerd…'],
  offline: [
    'Deze pagina is verborgen',
    'Uw sessie is misschien afgelopen en de server is niet bereikbaar. Zodra die antwoordt, komt deze pagina terug of wordt u afgemeld.',
  ],
  locked: [
    'Uw sessie is vergrendeld',
    'U bent een tijdje weg geweest. Meld u opnieuw aan om verder te gaan waar u was gebleven.',
  ],
  'step-up': [
    'Bent u het nog?',
    'Hiervoor moet u zich kort geleden hebben aangemeld. Meld u opnieuw aan om verder te gaan waar u was gebleven.',
  ],
  leaving: ['U wordt afgemeld…', 'De server is niet bereikbaar, dus u bent nog niet afgemeld. Nieuwe poging…'],
  'signed-out': ['U bent afgemeld'],
  left: 'U wordt over {time} afgemeld.',
  pageTitle: 'Nog {time}',
  stay: 'Aangemeld blijven',
  staying: 'Een ogenblik…',
  signOut: 'Nu afmelden',
  signIn: 'Opnieuw aanmelden',
  notNow: 'Nu niet',
  trouble: 'De server is niet bereikbaar, dus er is nog niets bevestigd. Nieuwe poging…',
  minutes: { one: '{n} minuut', other: '{n} minuten' },
  seconds: { one: '{n} seconde', other: '{n} seconden' },
  signedIn: 'Aangemeld',
  signedOut: 'Afgemeld',
  isLocked: 'Vergrendeld',
  noConnection: 'Geen verbinding',
} satisfies Translation;
