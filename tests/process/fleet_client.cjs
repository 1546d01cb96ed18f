// The identity client of npm's aws-iot-device-sdk-v2 against a node: node fleet_client.cjs PORT CA CERT KEY TEMPLATE
// SERIAL CSR. Prints what it got as one line of JSON.
const { mqtt, io, iot, iotidentity } = require('aws-iot-device-sdk-v2');

const [port, ca, cert, key, template, serial, csr] = process.argv.slice(2);

/** The first answer on either topic: what was accepted, or an error with what was rejected. */
function answer(subscribe) {
  let settle;
  const got = new Promise((resolve, reject) => { settle = { resolve, reject }; });
  got.catch(() => {});
  const accepted = (error, response) => (error ? settle.reject(error) : settle.resolve(response));
  const rejected = (error, response) => settle.reject(error || Object.assign(new Error(), response));
  return { got, ready: subscribe(accepted, rejected) };
}

async function createFromCsr(client) {
  const one = answer((accepted, rejected) => Promise.all([
    client.subscribeToCreateCertificateFromCsrAccepted({}, mqtt.QoS.AtLeastOnce, accepted),
    client.subscribeToCreateCertificateFromCsrRejected({}, mqtt.QoS.AtLeastOnce, rejected)]));
  await one.ready;
  await client.publishCreateCertificateFromCsr({ certificateSigningRequest: JSON.parse(csr) }, mqtt.QoS.AtLeastOnce);
  return one.got;
}

async function createKeys(client) {
  const one = answer((accepted, rejected) => Promise.all([
    client.subscribeToCreateKeysAndCertificateAccepted({}, mqtt.QoS.AtLeastOnce, accepted),
    client.subscribeToCreateKeysAndCertificateRejected({}, mqtt.QoS.AtLeastOnce, rejected)]));
  await one.ready;
  await client.publishCreateKeysAndCertificate({}, mqtt.QoS.AtLeastOnce);
  return one.got;
}

async function register(client, certificateOwnershipToken, number) {
  const request = { templateName: template, certificateOwnershipToken, parameters: { SerialNumber: number } };
  const one = answer((accepted, rejected) => Promise.all([
    client.subscribeToRegisterThingAccepted({ templateName: template }, mqtt.QoS.AtLeastOnce, accepted),
    client.subscribeToRegisterThingRejected({ templateName: template }, mqtt.QoS.AtLeastOnce, rejected)]));
  await one.ready;
  await client.publishRegisterThing(request, mqtt.QoS.AtLeastOnce);
  return one.got;
}

async function main() {
  const config = iot.AwsIotMqttConnectionConfigBuilder.new_mtls_builder_from_path(cert, key)
    .with_certificate_authority_from_path(undefined, ca)
    .with_endpoint('localhost').with_port(Number(port)).with_client_id('sdk').with_clean_session(true).build();
  const connection = new mqtt.MqttClient(new io.ClientBootstrap()).new_connection(config);
  await connection.connect();
  const client = new iotidentity.IotIdentityClient(connection);
  const created = await createFromCsr(client);
  const thing = await register(client, created.certificateOwnershipToken, serial);
  const keys = await createKeys(client);
  const second = await register(client, keys.certificateOwnershipToken, `${serial}b`);
  const refused = await register(client, keys.certificateOwnershipToken, `${serial}c`).catch((e) => e.statusCode);
  await connection.disconnect();
  console.log(JSON.stringify({
    thingName: thing.thingName, certificatePem: created.certificatePem, byKeys: second.thingName, refused }));
}

main().then(() => process.exit(0), (e) => { console.error(e); process.exit(1); });
