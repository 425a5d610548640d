// A provider of OpenID Connect for tests: node provider.mjs PORT RETURN_ADDRESS…
//
// It has one client, which is public and shows a code verifier. Whoever signs in there with any password has the name that they type as
// their address, which it says is theirs unless it begins with `unverified`.
import Provider from "oidc-provider";

const [port, ...returns] = process.argv.slice(2);
const client = {
  client_id: "countersign-test",
  token_endpoint_auth_method: "none",
  redirect_uris: returns,
  grant_types: ["authorization_code"],
  response_types: ["code"],
};

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [client],
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  // As Google does: what is asked for stands in the ID token.
  conformIdTokenClaims: false,
  cookies: { keys: ["of a test"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: id, email_verified: !id.startsWith("unverified") }),
  }),
  // Nobody is asked whether we may know their address.
  async loadExistingGrant(context) {
    const grant = new context.oidc.provider.Grant({
      clientId: context.oidc.client.clientId,
      accountId: context.oidc.session.accountId,
    });
    grant.addOIDCScope("openid email");
    await grant.save();
    return grant;
  },
});

provider.listen(Number(port), "127.0.0.1");
