export { enqueueDelivery, type NewDelivery } from '@fleetbeat/infra/deliveries/enqueue-delivery.ts';
