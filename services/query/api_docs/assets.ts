import { createRequire } from 'node:module'

/** A file that the page is made of. */
export interface Asset {
  readonly type: string
  /** Its text, or where it lies. */
  readonly content: { readonly text: string } | { readonly path: string }
}

const { resolve } = createRequire(import.meta.url)

/** Swagger UI reads the document that the service describes itself with, and asks nobody else: neither a validator nor a font's host. */
const SCRIPT = `SwaggerUIBundle({
  url: new URL('../openapi.json', document.currentScript.src).href,
  dom_id: '#page',
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
})
`

/** The files beside the page, by their names. */
export const assets: ReadonlyMap<string, Asset> = new Map([
  ['page.js', { type: 'text/javascript; charset=utf-8', content: { text: SCRIPT } }],
  ['swagger-ui.css', { type: 'text/css; charset=utf-8', content: { path: resolve('swagger-ui-dist/swagger-ui.css') } }],
  [
    'swagger-ui-bundle.js',
    { type: 'text/javascript; charset=utf-8', content: { path: resolve('swagger-ui-dist/swagger-ui-bundle.js') } },
  ],
])

/** Addresses are relative, so that the service may lie below any path of a proxy. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gatelog: the API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<noscript>This page shows <a href="openapi.json">openapi.json</a>, and needs JavaScript for it.</noscript>
<div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/page.js"></script>
</body>
</html>
`
