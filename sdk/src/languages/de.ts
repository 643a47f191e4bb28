import type { Translation } from './messages.js';

export default {
  language: 'de',
  idle: ['Sind Sie noch da?', 'Sie waren eine Weile nicht aktiv. Zum Schutz Ihrer Daten werden Sie bald abgemeldet.'],
  locking: [
    'Sind Sie noch da?',
    'Sie waren eine Weile nicht aktiv. Zum Schutz Ihrer Daten wird Ihre Sitzung bald gesperrt.',
    'Ihre Sitzung wird in {time} gesperrt.',
  ],
  absolute: [
    'Ihre Sitzung endet bald',
    'Die längste erlaubte Sitzungsdauer ist fast erreicht. Speichern Sie jetzt Ihre Arbeit; Sie können sich gleich danach wieder anmelden.',
  ],
  disconnected: [
    'Ihre Sitzung endet bald',
    'Ihre Seiten waren eine Weile geschlossen. Zum Schutz Ihrer Daten werden Sie bald abgemeldet.',
  ],
  checking: ['Ihre Sitzung wird geprüft…'],
  offline: [
    'Diese Seite ist verdeckt',
    'Ihre Sitzung könnte zu Ende sein, und der Server ist nicht erreichbar. Sobald er antwortet, erscheint diese Seite wieder, oder Sie werden abgemeldet.',
  ],
  locked: [
    'Ihre Sitzung ist gesperrt',
    'Sie waren eine Weile weg. Melden Sie sich wieder an, um dort weiterzumachen, wo Sie aufgehört haben.',
  ],
  'step-up': [
    'Sind das noch Sie?',
    'Dafür müssen Sie sich vor Kurzem angemeldet haben. Melden Sie sich wieder an, um dort weiterzumachen, wo Sie aufgehört haben.',
  ],
  leaving: [
    'Sie werden abgemeldet…',
    'Der Server ist nicht erreichbar, deshalb sind Sie noch nicht abgemeldet. Neuer Versuch…',
  ],
  'signed-out': ['Sie sind abgemeldet'],
  left: 'Sie werden in {time} abgemeldet.',
  pageTitle: 'Noch {time}',
  stay: 'Angemeldet bleiben',
  staying: 'Einen Moment…',
  signOut: 'Jetzt abmelden',
  signIn: 'Wieder anmelden',
  notNow: 'Jetzt nicht',
  trouble: 'Der Server ist nicht erreichbar, deshalb ist noch nichts bestätigt. Neuer Versuch…',
  minutes: { one: '{n} Minute', other: '{n} Minuten' },
  seconds: { one: '{n} Sekunde', other: '{n} Sekunden' },
  signedIn: 'Angemeldet',
  signedOut: 'Abgemeldet',
  isLocked: 'Gesperrt',
  noConnection: 'Keine Verbindung',
} satisfies Translation;
