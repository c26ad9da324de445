import type { OpenAPIV3_1 } from 'openapi-types'
import { events, type Stream } from '../../../streams/index.js'
import type { Paths } from '../operation_parts.js'
import { authentikPaths, authentikSchemas } from './authentik.js'
import { canvasPaths, canvasSchemas } from './canvas.js'
import { oktaPaths, oktaSchemas } from './okta.js'

/** What other products' APIs add to the document. */
export interface CompatApi {
  readonly paths: Paths
  readonly schemas: Record<string, OpenAPIV3_1.SchemaObject>
  readonly securitySchemes: Record<string, OpenAPIV3_1.SecuritySchemeObject>
}

const NONE: CompatApi = { paths: {}, schemas: {}, securitySchemes: {} }

/** The APIs of other products that are served over these streams. */
export function compatApi(streams: readonly Stream[]): CompatApi {
  if (!streams.some(({ eventKinds }) => eventKinds !== undefined)) return NONE
  const authentik = streams.some(({ name }) => name === events.name)
  return {
    paths: { ...canvasPaths, ...oktaPaths, ...(authentik ? authentikPaths : {}) },
    schemas: { ...canvasSchemas, ...oktaSchemas, ...(authentik ? authentikSchemas : {}) },
    securitySchemes,
  }
}

const securitySchemes: CompatApi['securitySchemes'] = {
  canvas_token: {
    type: 'apiKey',
    in: 'query',
    name: 'access_token',
    description:
      'The same JWT, for Canvas’s programs that can’t send a header. Prefer the header: proxies log addresses.',
  },
  okta_token: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: 'The same JWT behind `SSWS`, as Okta’s programs send it.',
  },
}
