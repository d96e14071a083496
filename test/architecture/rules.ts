/** All rules. Each one: from the repository to a sentence for each place that breaks it. */
import { wallClockForTimes } from './clocks.ts'
import { listedDependencies, testOnlyDependencies, usedDependencies } from './dependencies.ts'
import { decisionsInOneForm, documentedFilesThatAreThere, foldersOnTheMap } from './documents.ts'
import { cycles, deadExports, deadFiles } from './graph.ts'
import { kebabCaseNames, namedFilesThatAreThere, nothingOutsideStartsTests } from './paths.ts'
import { dataThatDoesNothing, pureAggregates, quietFilesForTools } from './purity.ts'
import type { Repository } from './repository.ts'
import { importsBetweenRooms, importsThatAreThere, oneStoreEach } from './rooms.ts'

export const rules: Readonly<Record<string, (repository: Repository) => string[]>> = {
  'each room imports only what it may': importsBetweenRooms,
  'what is imported is there': importsThatAreThere,
  'a service has one store driver': oneStoreEach,
  'aggregates are pure': pureAggregates,
  'the wall clock is for times, not for intervals': wallClockForTimes,
  'choreography and manifest are data': dataThatDoesNothing,
  'tools take only pure files of services': quietFilesForTools,
  'what is imported is a listed dependency': listedDependencies,
  'dependencies are used': usedDependencies,
  'dependencies are not for tests alone': testOnlyDependencies,
  'imports have no cycles': cycles,
  'no file is dead': deadFiles,
  'no export is dead': deadExports,
  'a source that is named is there': namedFilesThatAreThere,
  'nothing outside test starts or ships what is in it': nothingOutsideStartsTests,
  'names are in kebab-case': kebabCaseNames,
  'every folder is on the map': foldersOnTheMap,
  'what documents name is there': documentedFilesThatAreThere,
  'decisions have one form': decisionsInOneForm,
}
