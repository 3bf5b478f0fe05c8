// For the local Azure: leads fetch through HTTPS_PROXY, as node --use-env-proxy does from Node.js 24 on.
import { EnvHttpProxyAgent, setGlobalDispatcher } from "undici";

setGlobalDispatcher(new EnvHttpProxyAgent());
