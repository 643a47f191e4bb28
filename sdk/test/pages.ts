// A page of an application that knows nothing of nightlatch but the one line that loads it. Where it needs a session, the
// line holds the drawing up.
export const page = (title: string, attributes = '') => `<!doctype html><html lang="en"${attributes}><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><link rel="stylesheet" href="/page.css">
<script type="module"${attributes.includes('required') ? ' blocking="render"' : ''} src="/nightlatch/sdk.js"></script></head><body><main><h1>${title}</h1>
<p>Nothing here is real.</p><p><input aria-label="Name"> <button id="other">Other</button> <a href="/other">Elsewhere</a></p>
<p id="tall">Tall</p></main></body></html>`;
