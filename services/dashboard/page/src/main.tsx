import '#page/styles/base.css'
import '#page/styles/lanes.css'
import '#page/styles/shell.css'
import '#page/styles/views.css'
import '#page/styles/saga.css'
import { effect } from '@preact/signals'
import { render } from 'preact'
import { App } from '#page/app.tsx'
import { learnAbout, takeToken, token } from '#page/live/server.ts'
import { keepStreaming } from '#page/live/stream.ts'
import { followLinks } from '#page/route.ts'
import { applyTheme } from '#page/theme.ts'

takeToken()
applyTheme()
followLinks()
keepStreaming()
effect(() => {
  void token.value
  learnAbout().catch(() => {}) // the page says by its stream that the dashboard is away; asked again when that is back
})

const root = document.getElementById('page')
if (root) render(<App />, root)
