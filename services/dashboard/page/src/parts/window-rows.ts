import { observeWindowOffset, observeWindowRect, Virtualizer, windowScroll } from '@tanstack/virtual-core'
import { useEffect, useReducer, useRef, useState } from 'preact/hooks'

/** Of a long list, the rows that are in the window: the page scrolls as ever, but has only these in it. */
export const useWindowRows = (count: number, rowPx: number) => {
  const start = useRef<HTMLDivElement>(null)
  const [margin, setMargin] = useState(0)
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
    scrollMargin: margin,
    onChange: () => repaint(undefined as never),
  }
  const made = useRef<Virtualizer<Window, Element>>(undefined)
  made.current ??= new Virtualizer<Window, Element>(options)
  made.current.setOptions(options)
  useEffect(() => made.current?._didMount(), [])
  useEffect(() => {
    made.current?._willUpdate()
    // Here all is laid out already: asked for while the rows are made, it would have the browser do that twice.
    setMargin(start.current?.offsetTop ?? 0)
  })
  const items = made.current.getVirtualItems()
  return {
    start,
    from: items[0]?.index ?? 0,
    to: (items.at(-1)?.index ?? -1) + 1,
    beforePx: (items[0]?.start ?? margin) - margin,
    afterPx: made.current.getTotalSize() - ((items.at(-1)?.end ?? margin) - margin),
  }
}
