import { useState } from 'preact/hooks'
import { submitting, useAction } from '#page/live/asking.ts'
import { about, learnAbout, useToken } from '#page/live/server.ts'
import { Trouble } from '#page/parts/words.tsx'

/** For who opened the page without the address that `npm start` printed. */
export const TokenForm = ({ how }: { readonly how: string }) => {
  const [given, setGiven] = useState('')
  const [wrong, setWrong] = useState(false)
  const { busy, error, run } = useAction()
  const use = () =>
    run(async () => {
      useToken(given.trim())
      await learnAbout()
      setWrong(about.value?.actions.tokenValid !== true)
    })
  return (
    <form class="note" onSubmit={submitting(() => void use())}>
      <p>Faults, replays and checks change the shop, so they need its token. {how}</p>
      <div class="actions">
        <label>
          Token
          <input type="password" autoComplete="off" required value={given} onInput={(e) => setGiven(e.currentTarget.value)} />
        </label>
        <button type="submit" disabled={busy}>
          Use it
        </button>
      </div>
      {wrong && <Trouble>This is not the token of this shop.</Trouble>}
      {error && <Trouble>{error}</Trouble>}
    </form>
  )
}
