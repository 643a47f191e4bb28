import type { AsideMessages } from '../../languages/messages.js';

export const en: AsideMessages = { pageTitle: '{time} left' };
