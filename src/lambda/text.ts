export { quote } from '../core/print.ts'
