import { secretOf, signedHeaders } from '../../../src/infra/webhooks/signature.js';

describe('the signature of a delivery', () => {
  it('is that of the Standard Webhooks libraries', () => {
    const signed = {
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: 1614265330,
      body: '{"test": 2432232314}',
    };
    expect(signedHeaders(signed)).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('has a secret of 32 bytes in base64', () => {
    const secret = secretOf(new Uint8Array(32).fill(255));
    expect(secret).toBe('whsec_//////////////////////////////////////////8=');
  });
});
