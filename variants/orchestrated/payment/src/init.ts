export { initialise } from '../../../../services/payment/src/init.ts'
