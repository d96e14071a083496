import { observeWindowOffset, observeWindowRect, Virtualizer, windowScroll } from '@tanstack/virtual-core'
import { useEffect, useReducer, useRef } from 'preact/hooks'

/** Of a long list, the rows that are in the window: the page scrolls as ever, but has only these in it. */
export const useWindowRows = (count: number, rowPx: number) => {
  const start = useRef<HTMLDivElement>(null)
  const [, repaint] = useReducer((n: number) => n + 1, 0)
  const options = {
    count,
    estimateSize: () => rowPx,
    overscan: 12,
    getScrollElement: () => window,
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    scrollToFn: windowScroll,
    initialOffset: () => scrollY,
    scrollMargin: start.current?.offsetTop ?? 0,
    onChange: () => repaint(undefined as never),
  }
  const made = useRef<Virtualizer<Window, Element>>(undefined)
  made.current ??= new Virtualizer<Window, Element>(options)
  made.current.setOptions(options)
  useEffect(() => made.current?._didMount(), [])
  useEffect(() => made.current?._willUpdate())
  const items = made.current.getVirtualItems()
  const margin = options.scrollMargin
  return {
    start,
    from: items[0]?.index ?? 0,
    to: (items.at(-1)?.index ?? -1) + 1,
    beforePx: (items[0]?.start ?? margin) - margin,
    afterPx: made.current.getTotalSize() - ((items.at(-1)?.end ?? margin) - margin),
  }
}
