import type { ComponentChildren } from 'preact'

interface ScrollableProps {
  readonly label: string
  readonly children: ComponentChildren
}

/** A wide table that scrolls sideways in its own frame, by keys as well: so it takes the focus. */
export const Scrollable = ({ label, children }: ScrollableProps) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
  <section class="scroll" aria-label={label} tabIndex={0}>
    {children}
  </section>
)

/** A record as it stands on its topic. */
export const Json = ({ label, value }: { readonly label: string; readonly value: unknown }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
  <section class="json" aria-label={label} tabIndex={0}>
    <pre>{JSON.stringify(value, null, 2)}</pre>
  </section>
)
