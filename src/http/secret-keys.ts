export { SecretKeys } from "../access/secret-keys.js";
