/*
subject: worker
facts:
  lease_kind:
    type: string
    zh: 在租保障住房
    en: Supported lease
    shown: true
    values:
      无: {zh: 无, en: none}
      公租房: {zh: 公租房, en: public rental}
      保租房: {zh: 保租房, en: subsidised rental}
      专项租赁: {zh: 专项租赁, en: special rental}
  lease_monthly_rent: {type: decimal, zh: 在租月租金, en: Monthly rent of that lease, unit: yuan, shown: true}
  lease_market_rent:
    type: decimal
    zh: 在租市场月租金
    en: Market rent of that lease
    shown: true
    unit: yuan
    reading: {zh: 无租约为 0，租约未填市场租金的视为未知, en: 0 without a lease; not known where the lease does not say}
  special_rental_tenant: {type: boolean, zh: 专项租赁住房承租人, en: Tenant of a special rental home, shown: true}
  public_rental_tenant: {type: boolean, zh: 公租房或保租房承租人, en: Tenant of public or affordable rental housing, shown: true}
  owns_shared_home: {type: boolean, zh: 已购共有产权房, en: Owns a shared-ownership home, rises: [shared_ownership_home]}
  housing_supported: {type: boolean, zh: 享受住房支持, en: Housing supported, rises: [shared_ownership_home]}
  vehicles: {type: integer, zh: 名下机动车数, en: Vehicles owned, shown: true}
*/
WITH leases AS (
  SELECT asked.worker, asked.as_of,
         arg_max({kind: l.kind, monthly_rent: l.monthly_rent, market_rent: l.market_rent}, (l.valid_from, l.lease_no)) AS lease
  FROM asked JOIN public_rental_lease l ON l.person_id = asked.worker
   AND asked.as_of BETWEEN l.valid_from AND coalesce(l.valid_to, DATE '9999-12-31')
  GROUP BY ALL
), homes AS (
  SELECT DISTINCT asked.worker, asked.as_of
  FROM asked JOIN shared_ownership_home s ON s.person_id = asked.worker AND s.purchased_on <= asked.as_of
), cars AS (
  SELECT asked.worker, asked.as_of, count(*) AS vehicles
  FROM asked JOIN vehicle v ON v.person_id = asked.worker AND v.registered_on <= asked.as_of
  GROUP BY ALL
)
SELECT asked.worker, asked.as_of,
       coalesce(l.lease.kind, '无') AS lease_kind,
       coalesce(l.lease.monthly_rent, 0)::DECIMAL(12, 2) AS lease_monthly_rent,
       CASE WHEN l.worker IS NULL THEN 0 ELSE l.lease.market_rent END::DECIMAL(12, 2) AS lease_market_rent,
       coalesce(l.lease.kind = '专项租赁', false) AS special_rental_tenant,
       coalesce(l.lease.kind IN ('公租房', '保租房'), false) AS public_rental_tenant,
       h.worker IS NOT NULL AS owns_shared_home,
       l.worker IS NOT NULL OR h.worker IS NOT NULL AS housing_supported,
       coalesce(v.vehicles, 0)::INTEGER AS vehicles
FROM asked
LEFT JOIN leases l ON l.worker = asked.worker AND l.as_of = asked.as_of
LEFT JOIN homes h ON h.worker = asked.worker AND h.as_of = asked.as_of
LEFT JOIN cars v ON v.worker = asked.worker AND v.as_of = asked.as_of
