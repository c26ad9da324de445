import type { Attempt } from './attempt.js'
import { between, hex, pick } from './random.js'

const SECOND = 1000
/** Most actions are reads. */
const ACTIONS = ['READ', 'READ', 'READ', 'READ', 'UPDATE', 'UPDATE', 'CREATE', 'DELETE'] as const

/**
 * The actions of a user while a token is valid: a few requests to the application's API, on resources of the
 * application's owner.
 */
export function work(attempt: Attempt, userId: string, tokenId: string): void {
  const { random } = attempt
  const { application } = attempt.circumstances
  const { api, resource, owner } = application
  for (let count = between(random, 0, 4); count > 0; count--) {
    const action = pick(random, ACTIONS)
    const id = `${resource}-${between(random, 1, 2_000)}`
    attempt.act(between(random, 1, 30) * SECOND, {
      user_id: userId,
      token_id: tokenId,
      action,
      api_name: api,
      target_resource_type: resource,
      target_resource_org_id: owner.id,
      target_id: action === 'CREATE' ? `${resource}-${hex(random, 8)}` : id,
      audit_attributes: [
        {
          attribute_type: 'application',
          attribute_id: application.clientId,
          attribute_name: application.name,
          attribute_org_id: owner.id,
        },
      ],
    })
  }
}
