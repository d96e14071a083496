import type { ComponentChildren } from 'preact'
import type { OrderState } from '#api'
import { shortId } from '#page/format.ts'

const stateWords: Record<OrderState, string> = {
  PENDING: 'Pending',
  CANCELLING: 'Cancelling',
  CONFIRMED: 'Confirmed',
  CANCELLED: 'Cancelled',
}

/** The state in words and by a shape of its own, so that colour alone never tells it. */
export const State = ({ state }: { readonly state: OrderState }) => (
  <span class={`state ${state.toLowerCase()}`}>
    <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {state === 'CONFIRMED' && <path d="M2 6.500 5 9.500 10.500 3" class="stroke" />}
      {state === 'CANCELLED' && <path d="M10 6.500H3M5.500 3.500 2.500 6.500 5.500 9.500" class="stroke" />}
      {(state === 'PENDING' || state === 'CANCELLING') && <circle cx="6" cy="6" r="3.500" class="stroke" />}
    </svg>
    {stateWords[state]}
  </span>
)

export const OrderLink = ({ id }: { readonly id: string }) => (
  <a class="mono" href={`/orders/${encodeURIComponent(id)}`} title={id}>
    {shortId(id)}
  </a>
)

export const Service = ({ name }: { readonly name: string }) => (
  <span class={`service ${name}`}>
    <i aria-hidden="true" />
    {name}
  </span>
)

/** Something went wrong, in a sentence that says what to do. */
export const Trouble = ({ children }: { readonly children: ComponentChildren }) => (
  <p class="trouble" role="alert">
    {children}
  </p>
)

/** Nothing to show, and how to get something. */
export const Empty = ({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) => (
  <div class="empty">
    <h3>{title}</h3>
    <p>{children}</p>
  </div>
)
