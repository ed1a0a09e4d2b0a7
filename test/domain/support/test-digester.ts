export { digester } from '../../../src/infra/digester.js';
