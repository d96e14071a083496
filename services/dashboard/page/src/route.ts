import { computed, signal } from '@preact/signals'

export interface Route {
  readonly view: 'shop' | 'orders' | 'order' | 'flow' | 'faults' | 'unknown'
  /** Of the order page. */
  readonly orderId?: string
}

const here = () => ({ path: location.pathname, query: location.search })
const place = signal(here())

/** What the address says; an order's page is /orders/<id>, so it can be shared. */
export const route = computed<Route>(() => {
  const { path } = place.value
  const [, first = '', second] = path.split('/')
  if (first === '' || first === 'shop') return { view: 'shop' }
  if (first === 'orders' && second) return { view: 'order', orderId: decodeURIComponent(second) }
  if (first === 'orders' || first === 'flow' || first === 'faults') return { view: first }
  return { view: 'unknown' }
})

/** What stands behind the `?` of the address. */
export const query = computed(() => new URLSearchParams(place.value.query))

/** Goes to an address of this page. A replaced one leaves no trace in the history: for what is typed into filters. */
const go = (to: string, how: 'push' | 'replace' = 'push'): void => {
  if (how === 'push') history.pushState(null, '', to)
  else history.replaceState(null, '', to)
  place.value = here()
}

/** Sets and (with '') removes parts of the query. */
export const goQuery = (changes: Readonly<Record<string, string>>): void => {
  const next = new URLSearchParams(query.value)
  for (const [name, value] of Object.entries(changes)) value === '' ? next.delete(name) : next.set(name, value)
  go(`${location.pathname}${next.size > 0 ? `?${next}` : ''}`, 'replace')
}

/** Lets ordinary links between the views go without loading the page anew. */
export const followLinks = (): void => {
  addEventListener('popstate', () => {
    place.value = here()
  })
  addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
    if (!link || !plain || event.defaultPrevented || link.target || link.origin !== location.origin) return
    if (link.hash && link.pathname === location.pathname) return
    event.preventDefault()
    go(link.pathname + link.search)
    scrollTo(0, 0)
    document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true })
  })
}
