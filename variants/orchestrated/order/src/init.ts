export { initialise } from '../../../../services/order/src/init.ts'
