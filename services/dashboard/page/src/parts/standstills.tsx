import type { FlowLive } from '#api'
import { Trouble } from '#page/parts/words.tsx'

/** What stands still, why, and what can be done about it. */
export const Standstills = ({ flow }: { readonly flow: FlowLive }) => (
  <>
    {flow.standstill !== undefined && (
      <Trouble>What this page shows {flow.standstill}; the log of the dashboard says more</Trouble>
    )}
    {flow.services.flatMap(({ service, standstills = [] }) =>
      standstills.map(({ part, text, command }) => (
        <Trouble key={`${service} ${part}`}>
          {text}
          {command !== undefined && (
            <>
              {' – to set this record aside: '}
              <code>{command}</code>
            </>
          )}
        </Trouble>
      )),
    )}
  </>
)
