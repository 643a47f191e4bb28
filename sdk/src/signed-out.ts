// What the page that says what happened loads.
import { keepPlace } from './signed-out/place.js';

keepPlace(document.querySelector<HTMLAnchorElement>('#way-in'), location);
