export { initialise } from '../../../../services/delivery/src/init.ts'
