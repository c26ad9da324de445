import { Readable } from 'node:stream'

/** What `exec` takes instead of `query_params`. */
export interface MultipartBody {
  readonly values: Readable
  readonly http_headers: Record<string, string>
}

/**
 * The parameters of a query as a multipart body for `exec`, which only puts them into the URL by itself. There, the
 * server's log and proxies on the way would see the values, and long ones would not fit. Without parameters there
 * is no body.
 */
export async function multipartBody(params: Readonly<Record<string, unknown>>): Promise<MultipartBody | undefined> {
  if (Object.keys(params).length === 0) return undefined
  const form = new FormData()
  for (const [name, value] of Object.entries(params)) form.append(`param_${name}`, format(value))
  const encoded = new Response(form)
  return {
    values: Readable.from([Buffer.from(await encoded.arrayBuffer())]),
    http_headers: { 'content-type': String(encoded.headers.get('content-type')) },
  }
}

/** A value in the format of ClickHouse's query parameters: escaped text, with quotes only within an array. */
function format(value: unknown, quote = ''): string {
  if (typeof value === 'string') return `${quote}${escaped(value)}${quote}`
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return `[${value.map((each) => format(each, "'")).join(',')}]`
  throw new TypeError('A query parameter must be text, a number or an array of them.')
}

const ESCAPES: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', "'": "\\'", '\\': '\\\\' }

function escaped(text: string): string {
  return text.replace(/[\t\n\r'\\]/g, (character) => ESCAPES[character] as string)
}
