export { initialise } from '../../../../services/inventory/src/init.ts'
