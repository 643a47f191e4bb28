import type { Translation } from './messages.js';

export default {
  language: 'pt',
  idle: [
    'Você ainda está aí?',
    'Não há atividade há algum tempo. Para proteger seus dados, sua sessão será encerrada em breve.',
  ],
  locking: [
    'Você ainda está aí?',
    'Não há atividade há algum tempo. Para proteger seus dados, sua sessão será bloqueada em breve.',
    'Sua sessão será bloqueada em {time}.',
  ],
  absolute: [
    'Sua sessão está prestes a terminar',
    'A duração máxima da sessão está quase no fim. Salve seu trabalho agora; você poderá entrar de novo logo em seguida.',
  ],
  disconnected: [
    'Sua sessão está prestes a terminar',
    'Suas páginas ficaram fechadas por algum tempo. Para proteger seus dados, sua sessão será encerrada em breve.',
  ],
  checking: ['Verificando sua sessão…'],
  offline: [
    'Esta página está oculta',
    'Sua sessão pode ter terminado e não é possível falar com o servidor. Assim que ele responder, a página volta a aparecer ou sua sessão é encerrada.',
  ],
  locked: [
    'Sua sessão está bloqueada',
    'Você se ausentou por algum tempo. Entre de novo para continuar de onde parou.',
  ],
  'step-up': ['Ainda é você?', 'Isto exige um acesso recente. Entre de novo para continuar de onde parou.'],
  leaving: [
    'Encerrando sua sessão…',
    'Não é possível falar com o servidor, por isso sua sessão ainda não foi encerrada. Tentando de novo…',
  ],
  'signed-out': ['Sua sessão foi encerrada'],
  left: 'Sua sessão será encerrada em {time}.',
  pageTitle: 'Encerra em {time}',
  stay: 'Continuar conectado',
  staying: 'Um momento…',
  signOut: 'Sair agora',
  signIn: 'Entrar de novo',
  notNow: 'Agora não',
  trouble: 'Não é possível falar com o servidor, por isso nada foi confirmado ainda. Tentando de novo…',
  minutes: { one: '{n} minuto', many: '{n} minutos', other: '{n} minutos' },
  seconds: { one: '{n} segundo', many: '{n} segundos', other: '{n} segundos' },
  signedIn: 'Conectado',
  signedOut: 'Desconectado',
  isLocked: 'Bloqueada',
  noConnection: 'Sem conexão',
} satisfies Translation;
