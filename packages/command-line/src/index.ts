export { type Command, command, helpOf, readCommand, runCommand, runMain } from './command.ts'
export { durationText } from './duration.ts'
export { helpText, optionRows, type Row } from './help.ts'
export {
  duration,
  flag,
  number,
  type Option,
  type Options,
  oneOf,
  option,
  optionList,
  optionOr,
  path,
  type Read,
  text,
  type Values,
  wholeNumber,
} from './options.ts'
export { type Given, readArguments } from './read.ts'
export { Misuse, Refused } from './refusals.ts'
