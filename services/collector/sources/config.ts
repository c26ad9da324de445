import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { httpUrl, json } from '../../runtime/env.js'
import { kinds } from './index.js'
import { type OrganizationConfig, organizationOptions, withOrganization } from './organization.js'
import type { Instance, Source, SourceKind } from './source.js'

const MIN_SECRET_LENGTH = 16
const secret = z.string().min(MIN_SECRET_LENGTH, `must be at least ${MIN_SECRET_LENGTH} characters long`)

/** A secret in a file, read when the service starts. The error names the file and no content. */
const secretFile = z.string().transform((path, context) => {
  try {
    const text = readFileSync(path, 'utf8').trim()
    if (text.length >= MIN_SECRET_LENGTH) return text
    context.addIssue({ code: 'custom', message: `the file ${path} must hold at least ${MIN_SECRET_LENGTH} characters` })
  } catch (error) {
    context.addIssue({
      code: 'custom',
      message: `cannot read the file ${path} (${(error as NodeJS.ErrnoException).code})`,
    })
  }
  return z.NEVER
})

/** The configuration of one instance of a kind. */
function instanceOf({ kind, options }: SourceKind) {
  return z
    .strictObject({
      name: z
        .string()
        .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9, _ and -, as it is part of a URL'),
      kind: z.literal(kind),
      secrets: z.array(secret).default([]),
      secret_files: z.array(secretFile).default([]),
      ...organizationOptions,
      ...options,
    })
    .refine(({ organization, organization_prefix: prefix }) => organization === undefined || prefix === undefined, {
      path: ['organization_prefix'],
      message: 'set it or organization, not both',
    })
    .refine((instance) => instance.secrets.length + instance.secret_files.length > 0 || 'jwt' in instance, {
      path: ['secrets'],
      message: 'must have a secret (or secret_files)',
    })
}

type InstanceConfig = z.output<ReturnType<typeof instanceOf>>

const [first, ...rest] = kinds.map(instanceOf) as [ReturnType<typeof instanceOf>, ...ReturnType<typeof instanceOf>[]]

const instances = z.array(z.discriminatedUnion('kind', [first, ...rest])).superRefine((all, context) => {
  for (const [index, { name }] of all.entries()) {
    if (all.findIndex((other) => other.name === name) < index) {
      context.addIssue({ code: 'custom', path: [index, 'name'], message: 'must differ from the names of the others' })
    }
  }
})

/** The configuration of the sources. */
export const sourcesConfig = {
  SOURCES: json
    .pipe(instances)
    .optional()
    .describe('The sources, as a JSON array; give its path in `SOURCES_FILE`. See sources/README.md'),
  KEYCLOAK_WEBHOOK_SECRET: secret
    .optional()
    .describe('The secret of one Keycloak: the short form of a source called `keycloak`'),
  KEYCLOAK_URL: httpUrl
    .optional()
    .describe('The public URL of that Keycloak, for the `issuer` of its records; its webhooks do not contain it'),
}

type SourcesConfig = z.output<z.ZodObject<typeof sourcesConfig>>

/** For the collector's schema: the short form must not collide with a source of the same name. */
export function checkSources(config: Partial<SourcesConfig>, context: z.RefinementCtx): void {
  const taken = Array.isArray(config.SOURCES) && config.SOURCES.some(({ name }) => name === 'keycloak')
  if (taken && config.KEYCLOAK_WEBHOOK_SECRET !== undefined) {
    context.addIssue({
      code: 'custom',
      path: ['KEYCLOAK_WEBHOOK_SECRET'],
      message: 'SOURCES has a source called keycloak, too: set one of them',
    })
  }
  if (config.KEYCLOAK_URL !== undefined && config.KEYCLOAK_WEBHOOK_SECRET === undefined) {
    context.addIssue({
      code: 'custom',
      path: ['KEYCLOAK_URL'],
      message: 'has no effect without KEYCLOAK_WEBHOOK_SECRET',
    })
  }
}

/** Every source that is configured. */
export function openSources({ SOURCES = [], KEYCLOAK_WEBHOOK_SECRET, KEYCLOAK_URL }: SourcesConfig): readonly Source[] {
  const short: readonly InstanceConfig[] =
    KEYCLOAK_WEBHOOK_SECRET === undefined
      ? []
      : [
          {
            name: 'keycloak',
            kind: 'keycloak',
            secrets: [KEYCLOAK_WEBHOOK_SECRET],
            secret_files: [],
            ...(KEYCLOAK_URL === undefined ? {} : { url: KEYCLOAK_URL }),
          },
        ]
  return [...SOURCES, ...short].map(open)
}

/** What decides how events become records. */
export interface ReaderConfig extends OrganizationConfig, Pick<Instance, 'name'> {
  /** The public URL of Keycloak. */
  readonly url?: string | undefined
}

/** Reads webhooks' bodies of a kind that came by another way, so that nobody has to prove who sent them. */
export function openReader(kind: string, config: ReaderConfig): Source['read'] {
  return open({ ...config, kind, secrets: [], secret_files: [] }).read
}

function open(instance: InstanceConfig & { readonly url?: string | undefined }): Source {
  const kind = kinds.find((each) => each.kind === instance.kind) as SourceKind
  const secrets = [...instance.secrets, ...instance.secret_files]
  const source = kind.open({ ...instance, secrets })
  return { ...source, read: (body) => source.read(body).map((reading) => withOrganization(reading, instance)) }
}
