import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { StartRefusal } from './start-refusal.ts'

const run = promisify(execFile)
const javaMajorMin = 17
const installHint = "for example 'apt-get install openjdk-17-jre-headless' or 'brew install openjdk'"

/** The first executable of that name on the PATH of `env`, or undefined. */
export const onPath = (program: string, env: NodeJS.ProcessEnv): string | undefined => {
  return (env.PATH ?? '')
    .split(delimiter)
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, program))
    .find(isExecutable)
}

/**
 * The Java runtime to use: that of JAVA_HOME, else the one on the PATH.
 * @throws StartRefusal when there is none, or an older one than 17
 */
export const findJava = async (env: NodeJS.ProcessEnv): Promise<string> => {
  const home = env.JAVA_HOME && join(env.JAVA_HOME, 'bin', 'java')
  const java = home && isExecutable(home) ? home : onPath('java', env)
  if (!java)
    throw new StartRefusal(
      `Java ${javaMajorMin} or newer is needed for Kafka, and none was found (neither JAVA_HOME nor PATH): install one, ${installHint}`,
    )
  const text = await run(java, ['-version'], { timeout: 20_000, env }).then(
    ({ stdout, stderr }) => stdout + stderr,
    (error: Error) => {
      throw new StartRefusal(
        `${java} does not run (${error.message.split('\n')[0]}): install Java ${javaMajorMin} or newer, ${installHint}`,
      )
    },
  )
  // "17.0.15", "21-ea", and "1.8.0_402" for 8
  const major = Number(/version "(?:1\.)?(\d+)/.exec(text)?.[1])
  if (!(major >= javaMajorMin))
    throw new StartRefusal(
      `${java} is Java ${major || '(unknown)'}, Kafka needs ${javaMajorMin} or newer: install one, ${installHint}, or point JAVA_HOME at one`,
    )
  return java
}

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
