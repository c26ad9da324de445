import { between, pick, type Random, seeded, uuid } from './random.js'

/** An organization whose people sign in. Its domain is reserved for examples (RFC 2606). */
export interface Organization {
  readonly id: string
  readonly name: string
  readonly domain: string
  /** Its identity providers; `password` means its own passwords. */
  readonly providers: readonly [string, ...string[]]
  /** The public IP address of its office. */
  readonly office: string
  readonly headcount: number
}

/** An application that people sign in to. */
export interface Application {
  readonly name: string
  readonly clientId: string
  readonly owner: Organization
  /** Whether people of other organizations use it, too. */
  readonly shared: boolean
  /** Its API, and the type of its resources. */
  readonly api: string
  readonly resource: string
}

export interface Person {
  readonly userId: string
  readonly email: string
  readonly organization: Organization
  readonly provider: string
  readonly secondFactor: boolean
  readonly userAgent: string
  readonly home: string
}

const organization = (
  id: string,
  name: string,
  providers: Organization['providers'],
  office: number,
  headcount: number,
): Organization => ({ id, name, domain: `${id}.example`, providers, office: `198.51.100.${office}`, headcount })

const alder = organization('alder', 'Alder Valley Hospital', ['password', 'microsoft'], 10, 120)
const copper = organization('copperline', 'Copperline Logistics', ['google'], 24, 60)
const juniper = organization('juniper', 'Juniper Street Schools', ['google', 'password'], 61, 90)
const larkspur = organization('larkspur', 'Larkspur Legal', ['okta'], 97, 18)
const tidewater = organization('tidewater', 'Tidewater Utilities', ['password'], 140, 45)

export const organizations: readonly Organization[] = [alder, copper, juniper, larkspur, tidewater]

const application = (
  name: string,
  owner: Organization,
  api: string,
  resource: string,
  { shared = false }: { readonly shared?: boolean } = {},
): Application => ({ name, clientId: name.toLowerCase().replace(' ', '-'), owner, shared, api, resource })

export const applications: readonly Application[] = [
  application('Patient Records', alder, 'patients', 'patient'),
  application('Ward Rota', alder, 'rota', 'shift'),
  application('Dispatch Board', copper, 'dispatch', 'consignment'),
  application('Parcel Tracking', copper, 'parcels', 'parcel', { shared: true }),
  application('Grade Book', juniper, 'grades', 'grade'),
  application('Case Files', larkspur, 'cases', 'case_file'),
  application('Contract Exchange', larkspur, 'contracts', 'contract', { shared: true }),
  application('Meter Readings', tidewater, 'meters', 'meter_reading'),
]

const FIRST = [
  'ada',
  'bjorn',
  'chidi',
  'dalia',
  'emeka',
  'farah',
  'goran',
  'hana',
  'ines',
  'jonas',
  'kavya',
  'lucia',
] as const
const LAST = ['aalto', 'brandt', 'costa', 'duarte', 'eriksen', 'fontaine', 'garcia', 'haddad', 'ito', 'jansen'] as const

const USER_AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
  'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36',
] as const

/** The same people at every start, so that their ids stay valid in saved queries. */
export const people: readonly [Person, ...Person[]] = populate(seeded(20_260_101))

function populate(random: Random): [Person, ...Person[]] {
  const all = organizations.flatMap((each) =>
    Array.from({ length: each.headcount }, (_, index) => personOf(random, each, index)),
  )
  return all as [Person, ...Person[]]
}

function personOf(random: Random, organization: Organization, index: number): Person {
  const first = FIRST[index % FIRST.length]
  const last = LAST[Math.floor(index / FIRST.length) % LAST.length]
  return {
    userId: uuid(random),
    email: `${first}.${last}@${organization.domain}`,
    organization,
    provider: pick(random, organization.providers),
    secondFactor: random() < 0.6,
    userAgent: pick(random, USER_AGENTS),
    home:
      random() < 0.3
        ? `2001:db8:${between(random, 1, 0xffff).toString(16)}::1`
        : `203.0.113.${between(random, 1, 254)}`,
  }
}
