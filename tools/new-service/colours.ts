/** Colours for one more lane, as far as can be from those that there are. Pure. */
import type { LaneColours } from '@shop/manifest'

type Rgb = readonly [red: number, green: number, blue: number]

const degrees = 360
/** What is undone is red. */
const undoHue = 11

/** `#rrggbb` → 0 to 1 each. */
const rgbOf = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255) as unknown as Rgb

/** Degrees on the colour wheel; `undefined` of what is nearly grey. */
export const hueOf = (hex: string): number | undefined => {
  const [red, green, blue] = rgbOf(hex)
  const most = Math.max(red, green, blue)
  const range = most - Math.min(red, green, blue)
  if (range < 0.12) return undefined
  if (most === red) return (60 * ((green - blue) / range) + degrees) % degrees
  return most === green ? 60 * ((blue - red) / range) + 120 : 60 * ((red - green) / range) + 240
}

const hex = (hue: number, saturation: number, lightness: number): string => {
  const channel = (n: number) => {
    const k = (n + hue / 30) % 12
    const value = lightness - saturation * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1))
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, '0')
  }
  return `#${channel(0)}${channel(8)}${channel(4)}`
}

const distance = (a: number, b: number): number => Math.min(Math.abs(a - b), degrees - Math.abs(a - b))

/** Dark enough for the light page's paper, and light enough for the dark one's, in every hue. */
export const coloursApartFrom = (lanes: readonly LaneColours[]): LaneColours => {
  const used = [undoHue, ...lanes.flatMap((lane) => hueOf(lane.light.ink) ?? [])]
  const room = (hue: number) => Math.min(degrees, ...used.map((u) => distance(u, hue)))
  const hue = Array.from({ length: degrees }, (_, i) => i).reduce((best, h) => (room(h) > room(best) ? h : best), 0)
  return {
    light: { ink: hex(hue, 0.6, 0.3), wash: hex(hue, 0.5, 0.92) },
    dark: { ink: hex(hue, 0.65, 0.76), wash: hex(hue, 0.33, 0.16) },
  }
}
