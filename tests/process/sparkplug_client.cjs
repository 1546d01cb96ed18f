// npm's sparkplug-client as an edge node "press" of the group "plant" with the device "pump": births with aliases, then
// data by alias alone. Stays until it is killed, so that its will, the NDEATH, is done.
// Usage: node sparkplug_client.cjs URL
const sparkplug = require('sparkplug-client');

const client = sparkplug.newClient({
  serverUrl: process.argv[2],
  username: '',
  password: '',
  groupId: 'plant',
  edgeNode: 'press',
  clientId: 'press',
  version: 'spBv1.0',
});
const now = () => Date.now();

client.on('birth', () => {
  client.publishNodeBirth({ timestamp: now(), metrics: [{ name: 'rpm', alias: 1, type: 'Int32', value: 1480 }] });
  client.publishDeviceBirth('pump', {
    timestamp: now(),
    metrics: [{ name: 'flow', alias: 2, type: 'Double', value: 2.5 }, { name: 'on', alias: 3, type: 'Boolean', value: true }],
  });
  client.publishNodeData({ timestamp: now(), metrics: [{ alias: 1, type: 'Int32', value: -7 }] });
  client.publishDeviceData('pump', { timestamp: now(), metrics: [{ alias: 2, type: 'Double', value: 2.75 }] });
  console.log('born');
});
client.on('error', (error) => console.error(error.message));
