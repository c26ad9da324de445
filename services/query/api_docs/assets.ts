import { createRequire } from 'node:module'
import { dirname } from 'node:path'

/** The folder of Swagger UI's files. */
export const SWAGGER_UI = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/swagger-ui.css'))

/** The files of Swagger UI that the page loads. */
export const SWAGGER_UI_FILES = ['swagger-ui.css', 'swagger-ui-bundle.js']

/**
 * Swagger UI loads the service's own OpenAPI document, and contacts no other host. It shows a response when it has all
 * of it, so requests can't be tried where that never comes, or may be everything that is stored.
 */
export const SCRIPT = `const cannotBeShown = (path) => path.endsWith('/tail') || path.endsWith('/export')

SwaggerUIBundle({
  url: new URL('../openapi.json', document.currentScript.src).href,
  dom_id: '#page',
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
  persistAuthorization: false,
  plugins: [
    () => ({
      statePlugins: {
        spec: { wrapSelectors: { allowTryItOutFor: () => (state, path) => !cannotBeShown(path) } },
      },
    }),
  ],
})
`

/** Addresses are relative, so that a proxy may serve the page below any path. */
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
