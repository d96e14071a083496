import { expect, test } from 'vitest'
import { allTopics, catalogueFor, ownTopic, serviceNames, subscriptionsOf } from './index.ts'

test('a service can address its own events only', () => {
  expect(catalogueFor('payment').address('PaymentCaptured')).toEqual({
    ceType: 'shop.payment.PaymentCaptured.v1',
    source: '/shop/payment',
    topic: 'shop.payment',
  })
  expect(() => catalogueFor('inventory').address('PaymentCaptured')).toThrow('inventory cannot tell PaymentCaptured')
})

test('a consumer knows every event, and which are its own', () => {
  const payment = catalogueFor('payment')
  expect(payment.lookup('shop.order.OrderPlaced.v1')?.consumed).toBe(true)
  expect(payment.lookup('shop.order.OrderConfirmed.v1')?.consumed).toBe(false)
  expect(payment.lookup('shop.order.OrderPlaced.v2')).toBeUndefined()
})

test('subscriptions and topics follow from the reactions', () => {
  expect(subscriptionsOf('delivery')).toEqual(['shop.order', 'shop.inventory'])
  expect(subscriptionsOf('notification')).toEqual(['shop.order'])
  expect(allTopics().events).toEqual(serviceNames.flatMap((s) => ownTopic(s) ?? []))
  expect(allTopics().events.slice(0, 4)).toEqual(['shop.order', 'shop.payment', 'shop.inventory', 'shop.delivery'])
  expect(allTopics().deadLetters).toContain('shop.order.notification.dead-letter')
})
