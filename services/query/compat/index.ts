import { events, type Stream } from '../../../schemas/streams/index.js'
import { authentik } from './authentik/authentik.js'
import { type CanvasOptions, canvas } from './canvas/canvas.js'
import type { Product } from './frame.js'
import { okta } from './okta/okta.js'

/** What is configured of compatible APIs. */
export interface CompatOptions {
  /** The address of the service for links in answers, where requests don't say it. */
  readonly publicUrl?: string | undefined
  readonly canvas?: CanvasOptions
}

/** The products whose read APIs are served over these streams. */
export function compatProducts(
  streams: readonly Stream[],
  { canvas: canvasOptions }: CompatOptions,
): readonly Product[] {
  const signIns = streams.find(({ eventKinds }) => eventKinds !== undefined)
  if (signIns === undefined) return []
  const applicationEvents = streams.find(({ name }) => name === events.name)
  return [
    canvas(signIns, canvasOptions),
    okta(signIns),
    ...(applicationEvents === undefined ? [] : [authentik({ events: applicationEvents, signIns })]),
  ]
}
