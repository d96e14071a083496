/** 10 s, 1.5 s, 2 min */
export const seconds = (ms: number): string => (ms >= 120_000 && ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1_000} s`)
