import type { Audit, AuthAudit } from '../../../services/emitter/index.js'
import { hex, pick, type Random, uuid } from './random.js'
import { type Application, applications, type Organization, type Person } from './world.js'

/** What all records of one attempt to sign in have in common. */
export interface Circumstances {
  readonly organization: Organization
  readonly application: Application
  readonly sourceIp: string
  readonly userAgent: string
  /** The user name that was entered, even if no user has it. */
  readonly name: string
}

/**
 * The records of one attempt to sign in, in the order of its stages, and of the actions after it. Each record advances
 * its clock.
 */
export class Attempt {
  readonly records: AuthAudit[] = []
  readonly actions: Audit[] = []
  private readonly common: AuthAudit

  constructor(
    readonly random: Random,
    private clock: number,
    readonly circumstances: Circumstances,
  ) {
    const { organization, application, sourceIp, userAgent, name } = circumstances
    this.common = {
      upstream_user_id: name,
      org_id: organization.id,
      org_name: organization.name,
      issuer: `https://auth.${organization.domain}`,
      client_id: application.clientId,
      application_name: application.name,
      login_org_id: application.owner.id,
      login_org_name: application.owner.name,
      source_ip: sourceIp,
      user_agent: userAgent,
      trace_id: hex(random, 32),
      session: uuid(random),
    }
  }

  /** Adds a record, `afterMs` later than the one before. */
  stage(afterMs: number, stage: string, event: string, more: AuthAudit = {}): void {
    this.clock += afterMs
    this.records.push({ ...this.common, ...more, stage, event, time: new Date(this.clock) })
  }

  /**
   * Adds an action of the signed-in user, `afterMs` later than the record before. Each action is a request of its own.
   */
  act(afterMs: number, action: Audit): void {
    this.clock += afterMs
    const { upstream_user_id: user_email, org_id, source_ip, session } = this.common
    const trace_id = hex(this.random, 32)
    this.actions.push({ user_email, org_id, source_ip, session, trace_id, ...action, time: new Date(this.clock) })
  }
}

/** Picks an application for a person: mostly one of their own organization. */
export function applicationFor(random: Random, { organization }: Person): Application {
  const own = applications.filter(({ owner }) => owner === organization)
  const shared = applications.filter((each) => each.shared && each.owner !== organization)
  return pick(random, (random() < 0.85 ? own : shared) as [Application, ...Application[]])
}
