import { createNightlatch } from 'nightlatch';
import 'nightlatch/element';

/** The session of this browser. One for the whole application. */
export const nightlatch = createNightlatch();

const warning = document.createElement('nightlatch-warning');
warning.nightlatch = nightlatch;
document.body.append(warning);

nightlatch.start();
