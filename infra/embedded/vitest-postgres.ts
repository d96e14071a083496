import { server } from './vitest-servers.ts'

export default server('postgres')
