import type { Translation } from './messages.js';

export default {
  language: 'es',
  idle: ['¿Sigues ahí?', 'Llevas un rato sin actividad. Para proteger tus datos, tu sesión se cerrará pronto.'],
  locking: [
    '¿Sigues ahí?',
    'Llevas un rato sin actividad. Para proteger tus datos, tu sesión se bloqueará pronto.',
    'Tu sesión se bloqueará en {time}.',
  ],
  absolute: [
    'Tu sesión está a punto de terminar',
    'Estás llegando a la duración máxima de la sesión. Guarda tu trabajo ahora; podrás volver a iniciar sesión enseguida.',
  ],
  disconnected: [
    'Tu sesión está a punto de terminar',
    'Tus páginas han estado cerradas un rato. Para proteger tus datos, tu sesión se cerrará pronto.',
  ],
  checking: ['Comprobando tu sesión…'],
  offline: [
    'Esta página está oculta',
    'Puede que tu sesión haya terminado y no hay conexión con el servidor. En cuanto responda, la página volverá a verse o se cerrará tu sesión.',
  ],
  locked: [
    'Tu sesión está bloqueada',
    'Has estado fuera un rato. Inicia sesión de nuevo para seguir donde lo dejaste.',
  ],
  'step-up': [
    '¿Sigues siendo tú?',
    'Para esto hace falta un inicio de sesión reciente. Inicia sesión de nuevo para seguir donde lo dejaste.',
  ],
  leaving: [
    'Cerrando tu sesión…',
    'No hay conexión con el servidor, así que tu sesión aún no se ha cerrado. Reintentando…',
  ],
  'signed-out': ['Tu sesión se ha cerrado'],
  left: 'Tu sesión se cerrará en {time}.',
  pageTitle: 'Cierre en {time}',
  stay: 'Seguir conectado',
  staying: 'Un momento…',
  signOut: 'Cerrar sesión ahora',
  signIn: 'Iniciar sesión de nuevo',
  notNow: 'Ahora no',
  trouble: 'No hay conexión con el servidor, así que todavía no se ha confirmado nada. Reintentando…',
  minutes: { one: '{n} minuto', many: '{n} minutos', other: '{n} minutos' },
  seconds: { one: '{n} segundo', many: '{n} segundos', other: '{n} segundos' },
  signedIn: 'Sesión iniciada',
  signedOut: 'Sesión cerrada',
  isLocked: 'Bloqueada',
  noConnection: 'Sin conexión',
} satisfies Translation;
