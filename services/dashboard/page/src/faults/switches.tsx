import type { Fault, FaultsView } from '#api'
import { type Recipe, recipes } from '#page/faults/recipes.ts'
import { Remaining } from '#page/faults/running.tsx'
import { useAction } from '#page/live/asking.ts'
import { post, remove } from '#page/live/server.ts'
import { Service, Trouble } from '#page/parts/words.tsx'

interface SwitchesProps {
  readonly view: FaultsView
  readonly enabled: boolean
  readonly changed: () => void
}

/** Ready-made faults, each a switch. */
export const Switches = (props: SwitchesProps) => (
  <ul class="switches">
    {recipes.map((r) => (
      <Switch key={r.title} recipe={r} {...props} />
    ))}
  </ul>
)

/** The fault that this switch has set, as long as it lasts. */
const setBy = (view: FaultsView, { service, fault }: Recipe): Fault | undefined =>
  view.services
    .find((s) => s.service === service)
    ?.faults.find((f) => f.point === fault.point && f.action === fault.action && f.type === fault.type && f.key === undefined)

const Switch = ({ recipe, view, enabled, changed }: SwitchesProps & { readonly recipe: Recipe }) => {
  const { busy, error, run } = useAction()
  const on = setBy(view, recipe)
  const flip = () =>
    run(() =>
      on
        ? remove(`/api/faults/${recipe.service}/${encodeURIComponent(on.id)}`)
        : post(`/api/faults/${recipe.service}`, recipe.fault),
    ).then(changed)
  return (
    <li class={on ? 'on' : ''}>
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          checked={on !== undefined}
          aria-checked={on !== undefined}
          disabled={!enabled || busy}
          onChange={flip}
        />
        <span class="track" aria-hidden="true" />
        <span class="title">{recipe.title}</span>
      </label>
      <p>{recipe.expect}</p>
      <p class="quiet">
        <Service name={recipe.service} />
        {on?.endsAt && (
          <>
            {' '}
            · ends <Remaining at={on.endsAt} />
          </>
        )}
        {on?.victim && (
          <>
            {' '}
            · poisoned: <a href={`/orders/${on.victim}`}>order …{on.victim.slice(-8)}</a>
          </>
        )}
      </p>
      {error && <Trouble>{error}</Trouble>}
    </li>
  )
}
