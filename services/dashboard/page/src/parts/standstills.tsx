import type { ServiceState } from '#api'
import { Trouble } from '#page/parts/words.tsx'

/** What stands still, why, and what can be done about it. */
export const Standstills = ({ services }: { readonly services: readonly ServiceState[] }) => (
  <>
    {services.flatMap(({ service, standstills = [] }) =>
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
