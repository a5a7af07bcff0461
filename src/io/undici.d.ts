// Only what makes connections is loaded: undici's entry also loads fetch, WebSocket and caches, which cost 50 ms.
declare module 'undici/lib/core/connect.js' {
  import { buildConnector } from 'undici';
  export default buildConnector;
}
