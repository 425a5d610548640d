"""The outside world of the local stack: one asyncio process that plays API Gateway's public side,
the AWS endpoint that functions call, SES in both directions, and a control port for tests."""
