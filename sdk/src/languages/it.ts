import type { Translation } from './messages.js';

export default {
  language: 'it',
  idle: ['Ci sei ancora?', 'Non c’è attività da un po’. Per proteggere i tuoi dati, presto verrai disconnesso.'],
  locking: [
    'Ci sei ancora?',
    'Non c’è attività da un po’. Per proteggere i tuoi dati, presto la sessione verrà bloccata.',
    'La sessione verrà bloccata tra {time}.',
  ],
  absolute: [
    'La sessione sta per terminare',
    'Stai raggiungendo la durata massima della sessione. Salva subito il tuo lavoro; potrai accedere di nuovo immediatamente.',
  ],
  disconnected: [
    'La sessione sta per terminare',
    'Le tue pagine sono rimaste chiuse per un po’. Per proteggere i tuoi dati, presto verrai disconnesso.',
  ],
  checking: ['Controllo della sessione…'],
  offline: [
    'Questa pagina è nascosta',
    'La sessione potrebbe essere terminata e il server non è raggiungibile. Appena risponde, la pagina torna visibile oppure verrai disconnesso.',
  ],
  locked: ['La sessione è bloccata', 'Sei stato via per un po’. Accedi di nuovo per riprendere da dove eri rimasto.'],
  'step-up': [
    'Sei ancora tu?',
    'Per questo serve un accesso recente. Accedi di nuovo per riprendere da dove eri rimasto.',
  ],
  leaving: [
    'Disconnessione in corso…',
    'Il server non è raggiungibile, quindi non sei ancora disconnesso. Nuovo tentativo…',
  ],
  'signed-out': ['Sei disconnesso'],
  left: 'Verrai disconnesso tra {time}.',
  pageTitle: 'Ancora {time}',
  stay: 'Resta connesso',
  staying: 'Un momento…',
  signOut: 'Esci ora',
  signIn: 'Accedi di nuovo',
  notNow: 'Non ora',
  trouble: 'Il server non è raggiungibile, quindi non c’è ancora conferma. Nuovo tentativo…',
  minutes: { one: '{n} minuto', many: '{n} minuti', other: '{n} minuti' },
  seconds: { one: '{n} secondo', many: '{n} secondi', other: '{n} secondi' },
  signedIn: 'Connesso',
  signedOut: 'Disconnesso',
  isLocked: 'Bloccata',
  noConnection: 'Nessuna connessione',
} satisfies Translation;
