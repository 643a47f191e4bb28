// In a frame of another origin: `<script type="module" src="…/frame.js?to=https://app.example">`, or the function.
import { reportActivity } from './frame/frame.js';

const to = new URL(import.meta.url).searchParams.getAll('to');
if (to.length && globalThis.window) reportActivity({ to });

export { reportActivity, type FrameOptions } from './frame/frame.js';
