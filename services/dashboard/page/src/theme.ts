import { effect, signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'

const stored = localStorage.getItem('theme')
export const theme = signal<Theme>(stored === 'light' || stored === 'dark' ? stored : 'system')

const systemDark = matchMedia('(prefers-color-scheme: dark)')
/** True when the page is dark now; charts on a canvas read their colours anew when it changes. */
export const dark = signal(false)

/** Keeps the choice, and the root element's `data-theme`, by which the style sheet picks its colours. */
export const applyTheme = (): void => {
  const apply = () => {
    const isDark = theme.value === 'system' ? systemDark.matches : theme.value === 'dark'
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light'
    dark.value = isDark
  }
  systemDark.addEventListener('change', apply)
  effect(() => {
    if (theme.value === 'system') localStorage.removeItem('theme')
    else localStorage.setItem('theme', theme.value)
    apply()
  })
}

/** A colour of the style sheet, for what draws on a canvas. */
export const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
