import type { Translation } from './messages.js';

export default {
  language: 'fr',
  idle: [
    'Êtes-vous toujours là\u202f?',
    'Vous êtes inactif depuis un moment. Pour protéger vos données, vous serez bientôt déconnecté.',
  ],
  locking: [
    'Êtes-vous toujours là\u202f?',
    'Vous êtes inactif depuis un moment. Pour protéger vos données, votre session sera bientôt verrouillée.',
    'Votre session sera verrouillée dans {time}.',
  ],
  absolute: [
    'Votre session va bientôt se terminer',
    'La durée maximale de la session est presque atteinte. Enregistrez votre travail maintenant\u202f; vous pourrez vous reconnecter aussitôt.',
  ],
  disconnected: [
    'Votre session va bientôt se terminer',
    'Vos pages sont restées fermées un moment. Pour protéger vos données, vous serez bientôt déconnecté.',
  ],
  checking: ['Vérification de votre session…'],
  offline: [
    'Cette page est masquée',
    'Votre session est peut-être terminée et le serveur est injoignable. Dès qu’il répondra, cette page réapparaîtra ou vous serez déconnecté.',
  ],
  locked: [
    'Votre session est verrouillée',
    'Vous vous êtes absenté un moment. Reconnectez-vous pour reprendre là où vous en étiez.',
  ],
  'step-up': [
    'Est-ce toujours vous\u202f?',
    'Cette action demande une connexion récente. Reconnectez-vous pour reprendre là où vous en étiez.',
  ],
  leaving: [
    'Déconnexion en cours…',
    'Le serveur est injoignable\u202f: vous n’êtes pas encore déconnecté. Nouvelle tentative…',
  ],
  'signed-out': ['Vous êtes déconnecté'],
  left: 'Vous serez déconnecté dans {time}.',
  pageTitle: 'Encore {time}',
  stay: 'Rester connecté',
  staying: 'Un instant…',
  signOut: 'Se déconnecter',
  signIn: 'Se reconnecter',
  notNow: 'Pas maintenant',
  trouble: 'Le serveur est injoignable\u202f: rien n’est encore confirmé. Nouvelle tentative…',
  minutes: { one: '{n} minute', many: '{n} minutes', other: '{n} minutes' },
  seconds: { one: '{n} seconde', many: '{n} secondes', other: '{n} secondes' },
  signedIn: 'Connecté',
  signedOut: 'Déconnecté',
  isLocked: 'Verrouillé',
  noConnection: 'Pas de connexion',
} satisfies Translation;
