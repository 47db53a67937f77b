// Starts the visitor list. README.md names the settings.

import { readFileSync } from 'node:fs';
import http from 'node:http';
import { SignIn } from './signin.mjs';
import { Visitors } from './visitors.mjs';

const { PACTIUS_CLIENT, VISITORS_URL, LISTEN } = process.env;
if (!PACTIUS_CLIENT) {
  console.error('Set PACTIUS_CLIENT; README.md explains it.');
  process.exit(2);
}
const client = JSON.parse(readFileSync(PACTIUS_CLIENT, 'utf8'));
const log = (text) => console.log(`${new Date().toISOString()} ${text}`);
const settings = {
  issuer: client.issuer,
  clientId: client.client_id,
  clientSecret: client.client_secret,
  origin: (VISITORS_URL ?? 'http://visitors.localhost:8095').replace(/\/$/, ''),
};
const visitors = new Visitors(new SignIn(settings), settings, log);
const server = http.createServer((req, res) => {
  visitors.handle(req, res).catch((err) => {
    log(`${err.name}: ${err.message}`);
    res.destroy();
  });
});
const [host, port] = (LISTEN ?? '127.0.0.1:8095').split(':');
server.listen(Number(port), host, () => log(`Visitors is open at ${settings.origin}`));
