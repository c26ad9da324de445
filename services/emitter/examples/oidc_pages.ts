import { withAttempt } from '@gatelog/emitter'
import express, { type Router } from 'express'
import type Provider from 'oidc-provider'
import { checkPassword, credentialsIn, deviceOf, type SignIn } from './stages.js'

const FORMS: Readonly<Record<string, string>> = {
  login: '<input name="name"><input name="password" type="password"><button>Sign in</button>',
  consent: '<button>Allow</button>',
}

/** The pages that `oidc-provider` sends people to: one for the password, one for consent. */
export function oidcPages(provider: Provider, signIn: SignIn): Router {
  const pages = express.Router()
  pages.get('/interaction/:uid', async (request, response) => {
    const { prompt } = await provider.interactionDetails(request, response)
    response.send(`<form method="post">${FORMS[prompt.name]}</form>`)
  })

  pages.post('/interaction/:uid', express.urlencoded({ extended: false }), async (request, response) => {
    const interaction = await provider.interactionDetails(request, response)
    await withAttempt({ trace_id: interaction.cid, session: interaction.session?.uid }, async () => {
      const result = await (interaction.prompt.name === 'login' ? login() : consent())
      if (result === undefined) response.status(401).send(`Wrong. <form method="post">${FORMS.login}</form>`)
      else await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true })
    })

    async function login() {
      const user = await checkPassword(signIn, credentialsIn(request.body), request)
      return user && { login: { accountId: user.id } }
    }

    async function consent() {
      const { session, params, prompt, grantId } = interaction
      const known = grantId === undefined ? undefined : await provider.Grant.find(grantId)
      const grant = known ?? new provider.Grant({ accountId: session?.accountId, clientId: String(params.client_id) })
      grant.addOIDCScope((prompt.details.missingOIDCScope as string[] | undefined)?.join(' ') ?? '')
      signIn.audit.emit({ ...deviceOf(request), stage: 'Consent', event: 'Success', user_id: session?.accountId })
      return { consent: { grantId: await grant.save() } }
    }
  })
  return pages
}
